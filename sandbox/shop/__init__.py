"""What is sold: rows that several families of methods read and change."""
