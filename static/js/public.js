// Pages without an account.
import "./page.js";
import "./quickexit.js";
