"""Chats, their people and their messages: what `im.*`, `imbot.*` and the open lines share."""
