// Pages of a logged-in person. One entry, so that every module exists once.
import "./session.js";
import "./page.js";
import "./autosave.js";
import "./repeat.js";
import "./drafting.js";
import "./countdown.js";
import "./await.js";
import "./compose.js";
