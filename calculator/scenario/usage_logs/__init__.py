"""Usage exports and agent logs as counts of tokens: requests, lengths, hours. No text is kept."""
