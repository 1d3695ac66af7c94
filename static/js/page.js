// Every page.
import "./theme.js";
import "./nav.js";
import "./errors.js";
import "./once.js";
