"""Settings from the environment, presets, locales."""
