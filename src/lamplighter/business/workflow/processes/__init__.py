"""The processes that come with Lamplighter, as BPMN 2.0 and DMN files that any editor opens."""
