"""Reading definitions: a BPMN or DMN file becomes typed records, or is refused with all that is wrong with it."""
