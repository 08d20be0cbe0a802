"""Readers of other systems' files about the network: each turns one into a company folder, the one door everything
enters by.
"""
