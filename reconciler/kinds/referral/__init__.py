"""Referral programs and the campaigns that run in them."""
