"""Change that cannot hurt: a plan is previewed, approved by a second person, applied, read back, confirmed or reverted.

`grammar`, `order`, `radio` and `plan` are pure; `desk` keeps plans, `runner` applies them to devices.
"""
