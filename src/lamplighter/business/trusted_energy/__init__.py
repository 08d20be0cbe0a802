"""trusted_energy"""
