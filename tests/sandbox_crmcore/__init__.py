"""The CRM of the sandbox beyond items: requisites, user fields, currencies, forms, estimates."""
