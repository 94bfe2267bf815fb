"""What we have: territory, sites, devices, sectors, links, hotspots."""
