// Finds, in a text, the wordings of a list. Pure: no page, no network. The rules are those written in reports/hints.py.
const CLOSES = { "«": "»", "“": "”", '"': '"' };
const SAME = { "’": "'", "ʼ": "'", "‐": " ", "‑": " ", "-": " ", œ: "oe", æ: "ae" };
const folded = new Map();

function foldChar(char) {
  let plain = folded.get(char);
  if (plain === undefined) {
    plain = char.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
    plain = [...plain].map((each) => SAME[each] ?? (/\s/u.test(each) ? " " : each)).join("");
    folded.set(char, plain);
  }
  return plain;
}

// The text as it is compared, and for each of its units where it stands in the original: {plain, at}. White space
// stands once; what is quoted is a line break, which no wording holds.
function fold(text) {
  let plain = "";
  const at = [];
  const put = (unit, where) => {
    plain += unit;
    at.push(where);
  };
  let end = 0;
  for (let here = 0; here < text.length; here = end) {
    const char = String.fromCodePoint(text.codePointAt(here));
    end = here + char.length;
    if (char in CLOSES) {
      end = endOfQuote(text, here, char);
      put("\n", here);
      continue;
    }
    for (const unit of foldChar(char).split("")) if (unit !== " " || !plain.endsWith(" ")) put(unit, here);
  }
  at.push(text.length);
  return { plain, at };
}

// Just behind the mark that closes the quotation opened at `start`; without one, the end of the paragraph.
function endOfQuote(text, start, open) {
  const close = CLOSES[open];
  const paragraph = text.indexOf("\n", start);
  const last = paragraph < 0 ? text.length : paragraph;
  const limit = open === close ? last : text.length;
  let depth = 1;
  for (let here = start + 1; here < limit; here += 1) {
    if (text[here] === close) depth -= 1;
    else if (text[here] === open) depth += 1;
    if (depth === 0) return here + 1;
  }
  return last;
}

// Prepares a list [{avoid: [text], why, prefer, alone}] for find().
export function prepare(hints) {
  const byWording = new Map();
  for (const hint of hints) for (const wording of hint.avoid) byWording.set(fold(wording).plain.trim(), hint);
  const longestFirst = [...byWording.keys()].filter(Boolean).sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((wording) => wording.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  const pattern = escaped.length
    ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})(?![\\p{L}\\p{N}])`, "gu")
    : null;
  return { byWording, pattern };
}

// Where wordings stand in the text, in its order: [{start, end, text, wording, hint}], `wording` as it is compared.
export function find(text, { byWording, pattern }) {
  if (!pattern) return [];
  const { plain, at } = fold(text);
  return [...plain.matchAll(pattern)].map((match) => {
    const start = at[match.index];
    const end = at[match.index + match[0].length];
    return { start, end, text: text.slice(start, end), wording: match[0], hint: byWording.get(match[0]) };
  });
}
