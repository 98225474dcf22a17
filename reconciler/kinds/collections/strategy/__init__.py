"""The steps by which an account is contacted."""
