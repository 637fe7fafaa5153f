"""Pages and journeys in Debian's Chromium: phone, keyboard, no JavaScript, bad line, axe."""
