"""Online booking: resources and their types, bookings, the waiting list."""
