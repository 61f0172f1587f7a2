"""The mathematics of the hybrid purchase schedule: a linear programme over orders, capacity and hourly operation.

Knows no file, no data frame and no clock: an `Instance` goes in, a `Certified` plan with its proven bound comes out.
"""
