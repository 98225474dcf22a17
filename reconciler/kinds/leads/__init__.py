"""Lead distribution: campaign versions, the contracts of buyers and partners, and portal users."""
