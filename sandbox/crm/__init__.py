"""CRM data: entity types with their fields as data, items, stages, user fields."""
