"""Knowledge bases, their documents and files."""
