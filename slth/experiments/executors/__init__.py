"""Where units are computed: one file each."""
