"""What can be done with words of Chinese without knowing what they are about: writing, sounds, numbers, classifying."""
