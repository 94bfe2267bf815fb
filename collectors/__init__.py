"""How devices are asked: SNMP, reachability, profiles as data."""
