/**
 * EMQX's access rules as its 5.8 reads and judges them (emqx_authz_rule.erl, emqx_topic.erl): Erlang terms, the first
 * rule that fits decides, `${username}` and `${clientid}` are put in, except where `eq` takes a topic as it is written.
 * Knows what our file needs; throws at anything else.
 */

type Term = string | number | { readonly text: string } | readonly Term[] | { readonly tuple: readonly Term[] };

export interface EmqxClient {
  readonly username: string;
  readonly clientid: string;
}
export type EmqxAction =
  | { readonly does: "publish"; readonly topic: string; readonly retain: boolean }
  | { readonly does: "subscribe"; readonly topic: string };

const TOKEN = /%[^\n]*|\s+|"((?:[^"\\]|\\.)*)"|([a-z][A-Za-z0-9_]*)|([0-9]+)|([{}[\],.])/gy;

/** All rules of a file, in their order; atoms are strings, strings are `{ text }`. */
export function readEmqxRules(file: string): readonly (readonly Term[])[] {
  const tokens: Term[] = [];
  const marks: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < file.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(file);
    if (found === null) throw new Error(`not a term: ${file.slice(at, at + 30)}`);
    const [, text, atom, digits, mark] = found;
    if (text === undefined && atom === undefined && digits === undefined && mark === undefined) continue;
    marks.push(mark ?? "");
    tokens.push(text !== undefined ? { text: text.replace(/\\(.)/g, "$1") } : (atom ?? Number(digits ?? 0)));
  }
  let next = 0;
  const take = (mark: string): void => {
    if (marks[next++] !== mark) throw new Error(`"${mark}" is missing at token ${next}`);
  };
  const many = (end: string): readonly Term[] => {
    const terms: Term[] = [];
    while (marks[next] !== end) {
      if (terms.length > 0) take(",");
      terms.push(term());
    }
    take(end);
    return terms;
  };
  const term = (): Term => {
    const [mark, token] = [marks[next], tokens[next]];
    next += 1;
    if (mark === "{") return { tuple: many("}") };
    if (mark === "[") return many("]");
    if (mark !== "" || token === undefined) throw new Error(`no term at token ${next}`);
    return token;
  };
  const rules: (readonly Term[])[] = [];
  while (next < tokens.length) {
    rules.push(tupleOf(term()));
    take(".");
  }
  return rules;
}

/** Whether the client may. No rule that fits: `authorization.no_match = deny`. */
export function emqxAllows(rules: readonly (readonly Term[])[], client: EmqxClient, action: EmqxAction): boolean {
  // Of a shared or exclusive subscription the topic itself is judged (emqx_channel, emqx_topic:parse).
  const topic =
    action.does === "subscribe" ? action.topic.replace(/^(\$share\/[^/]+|\$queue|\$exclusive)\//, "") : action.topic;
  const rule = rules.find(
    ([, who = "all", does = "all", topics]) =>
      fitsAction(does, action) &&
      fitsClient(who, client) &&
      (topics === undefined || listOf(topics).some((one) => fitsTopic(one, client, topic))),
  );
  const verdict = rule?.[0] ?? "deny";
  if (verdict !== "allow" && verdict !== "deny") throw new Error("neither allow nor deny");
  return verdict === "allow";
}

function fitsAction(term: Term, action: EmqxAction): boolean {
  if (term === "all" || term === action.does) return true;
  if (term === "publish" || term === "subscribe") return false;
  const [does, options = []] = tupleOf(term);
  if (does !== "publish") throw new Error("only publish has options here");
  return listOf(options).every((option) => {
    const [name, value] = tupleOf(option);
    if (name !== "retain") throw new Error("only retain is known");
    return action.does === "publish" && String(action.retain) === value;
  });
}

function fitsClient(term: Term, { username, clientid }: EmqxClient): boolean {
  if (term === "all") return true;
  const [field, wanted = ""] = tupleOf(term);
  const own = field === "user" || field === "username" ? username : clientid;
  if (field !== "user" && field !== "username" && field !== "client" && field !== "clientid") throw new Error("who?");
  if (typeof wanted === "object" && "tuple" in wanted) return new RegExp(textOf(wanted.tuple[1])).test(own);
  return own === textOf(wanted);
}

function fitsTopic(term: Term, { username, clientid }: EmqxClient, topic: string): boolean {
  if (typeof term === "object" && "tuple" in term) return textOf(term.tuple[1]) === topic;
  const text = textOf(term);
  if (text.startsWith("eq ")) return text.slice(3) === topic;
  const filter = text.replace(/\$\{username\}/g, () => username).replace(/\$\{clientid\}/g, () => clientid);
  return fitsFilter(topic.split("/"), filter.split("/"));
}

/** A wildcard in what is asked for is a word like any other: only the rule's own stand for others. */
function fitsFilter(words: readonly string[], filter: readonly string[]): boolean {
  const [first, ...others] = filter;
  if (first === "#" && others.length === 0) return true;
  if (first === undefined || words.length === 0) return first === undefined && words.length === 0;
  return (first === "+" || first === words[0]) && fitsFilter(words.slice(1), others);
}

function tupleOf(term: Term | undefined): readonly Term[] {
  if (typeof term === "object" && "tuple" in term) return term.tuple;
  throw new Error(`no tuple: ${JSON.stringify(term)}`);
}

function listOf(term: Term): readonly Term[] {
  if (Array.isArray(term)) return term;
  throw new Error(`no list: ${JSON.stringify(term)}`);
}

function textOf(term: Term | undefined): string {
  if (typeof term === "object" && "text" in term) return term.text;
  throw new Error(`no string: ${JSON.stringify(term)}`);
}
