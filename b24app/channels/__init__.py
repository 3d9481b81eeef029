"""Ways to reach a company's people: chats of open lines, e-mail, messengers. One file = one channel."""
