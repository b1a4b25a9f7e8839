"""What the suite is measured against: the same read in a monolith, and in nameko as it comes."""
