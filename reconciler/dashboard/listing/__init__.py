"""The lists of campaigns and of all resources: what is asked, the rows, and what is dear about them."""
