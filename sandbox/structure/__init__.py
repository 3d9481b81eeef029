"""The company's structure as departments and teams with roles."""
