"""When people are alerted about receivables campaigns, and who."""
