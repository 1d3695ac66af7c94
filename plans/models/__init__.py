"""What is planned, ordered and ended in a case; a module for each part."""
