"""DRF plumbing shared by all apps; it knows none of them."""
