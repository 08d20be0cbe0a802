"""line_loss"""
