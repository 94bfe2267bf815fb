"""Documents of the register for signature: written once as blocks, set as PDF/A, as ODT and as ODS."""
