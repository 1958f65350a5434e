"""The floors: what a job costs when nothing but its SQL is done. One `floor.py` process serves them all, by address."""
