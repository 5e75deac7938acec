// Where a source refuses something, and the same source with every refusal behind a switch. A check
// is one of these:
// - an operand of the condition of an `if` that throws, blames, or returns `fault(…)`, `burn(…)`,
//   `undefined` or `false` (in either branch),
// - an operand of `return a && b` and of `return c ? value : undefined`,
// - a call of `blame`, `differ`, `checkContext` or `end` that stands alone.
// Every package but mpc has checks in fields and values as well (`isWide`). There these are checks,
// too:
// - an operand of the condition of `that(…)`, a call that does nothing but refuse, `?? fail(…)`,
// - a call of `word` or `checkBytes` within an expression, which gives its first argument when it
//   is switched off,
// - what a function of type boolean returns, and what a callback of `some`, `every`, `find`,
//   `findIndex` or `filter` compares,
// - the condition of a fault: a function named `…fault` refuses with all but `undefined`,
// - `c ? value : undefined` that is assigned, an early return before a `throw`, and an `if` whose
//   other branch sets what is bad,
// - a `catch`, which makes a refusal of what others throw.
// An operand that is switched off has the value with which nothing is refused. A call that is
// switched off does not happen, and a `catch` throws on.
import { parseSync } from "oxc-parser";

/** The calls that refuse, or that fill the list of the refused. */
const refusing = new Set(["blame", "differ", "checkContext", "bad", "end", "fault", "burn"]);
const refusingWidely = new Set(["fail", "report"]);
/** The calls that throw, by the names that checks give them. */
const failing = new Set(["fail", "bad", "wrong"]);
const alone = new Set(["blame", "differ", "checkContext", "end"]);
/**
 * The calls that do nothing but refuse where what they give is not used: the field checks
 * (packages/trust/src/fields.ts), signatures, points.
 */
const refusers = new Set(
  "ascending bytes bytesOrNone distinct idpk initiatorId members name partyId publicKey threshold word fail fromBytes pointOf signingKeyOf".split(
    " ",
  ),
);
/** The calls that refuse, or give their first argument. */
const passing = new Set(["word", "checkBytes"]);
const predicates = new Set(["some", "every", "find", "findIndex", "filter"]);

const calleeOf = (node) => (node?.type === "CallExpression" ? (node.callee.property?.name ?? node.callee.name) : undefined);
const isUndefined = (node) => node?.type === "Identifier" && node.name === "undefined";
const isNothing = (node) => isUndefined(node) || (node?.type === "Literal" && node.value === false);
const bare = (node) => (node?.type === "ParenthesizedExpression" ? bare(node.expression) : node);

function operands(node, operator) {
  const inner = bare(node);
  return inner.type === "LogicalExpression" && inner.operator === operator
    ? [...operands(inner.left, operator), ...operands(inner.right, operator)]
    : [inner];
}

/**
 * Gives what the answers of a function mean: "fault" when all but undefined refuse, "truth" when
 * false refuses, and undefined when they mean nothing in particular.
 */
function meaningOf(node, name) {
  if (/fault$/i.test(name) || name === "check") return "fault";
  return name === "verify" || node.returnType?.typeAnnotation?.type === "TSBooleanKeyword" ? "truth" : undefined;
}

const isFunction = (node) => ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"].includes(node.type);

/**
 * Gives every check of a file as `{ start, end, off }`. `off` is the value of the switched-off
 * expression. One with `isCall` does not happen when it is off. One with `caught` is a `catch` of
 * this name, whose block begins at `block`.
 */
function checksOf(program, source, isWide) {
  const found = [];
  const disable = (nodes, off) => {
    for (const { start, end } of nodes) found.push({ start, end, off });
  };
  const skip = ({ start, end }, off) => found.push({ start, end, off, isCall: true });

  function refuses(node, meaning) {
    if (node == null) return false;
    if (node.type === "BlockStatement") return refuses(node.body.at(-1), meaning);
    if (node.type === "ThrowStatement") return true;
    if (node.type === "ReturnStatement") {
      if (meaning === "fault") return node.argument !== null && !isUndefined(node.argument);
      return isNothing(node.argument) || refusing.has(calleeOf(node.argument)) || (isWide && refusingWidely.has(calleeOf(node.argument)));
    }
    if (node.type !== "ExpressionStatement") return false;
    const call = node.expression;
    if (refusing.has(calleeOf(call)) || (isWide && failing.has(calleeOf(call)))) return true;
    if (isWide && call.type === "AssignmentExpression") return /^bad/.test(call.left.name);
    const list = call.callee?.object?.name;
    return (list === "faults" && calleeOf(call) === "set") || (list === "culprits" && calleeOf(call) === "push");
  }
  function accepts(node, meaning, leadsToThrow) {
    if (node?.type === "BlockStatement") return accepts(node.body.at(-1), meaning, leadsToThrow);
    if (meaning === "fault" && node?.type === "ContinueStatement") return true;
    return node?.type === "ReturnStatement" && (leadsToThrow || (meaning === "fault" && isUndefined(node.argument)));
  }

  /** Looks at what a function gives, or what a variable is set to. */
  function result(node, meaning) {
    const value = bare(node);
    if (value == null) return;
    if (meaning === "fault") {
      if (value.type === "ConditionalExpression") {
        if (isUndefined(value.consequent)) disable(operands(value.test, "&&"), "true");
        else if (isUndefined(value.alternate)) disable(operands(value.test, "||"), "false");
      } else if (value.type === "LogicalExpression" && value.operator === "??") {
        disable([value.left], "undefined");
        result(value.right, meaning);
      }
    } else if (value.type === "ConditionalExpression") {
      if (isNothing(value.alternate)) disable(operands(value.test, "&&"), "true");
      else if (isNothing(value.consequent)) disable(operands(value.test, "||"), "false");
      else if (meaning === "truth") for (const branch of [value.consequent, value.alternate]) result(branch, meaning);
    } else if (value.type === "LogicalExpression" && value.operator === "&&") {
      const all = operands(value, "&&");
      const last = all.at(-1);
      disable(last.type === "ObjectExpression" || last.type === "Identifier" ? all.slice(0, -1) : all, "true");
    } else if (meaning === "truth" && value.type !== "Literal" && value.type !== "Identifier") disable([value], "true");
  }

  const visit = (node, { guarded, meaning, name, leadsToThrow }) => {
    if (Array.isArray(node)) {
      for (const each of node) visit(each, { guarded, meaning, leadsToThrow });
      return;
    }
    if (node === null || typeof node !== "object" || typeof node.type !== "string") return;
    const inner = { guarded, meaning, name: undefined, leadsToThrow: false };
    if (isFunction(node)) {
      inner.guarded = false;
      inner.meaning = isWide ? (node.isPredicate ? "truth" : meaningOf(node, node.id?.name ?? name)) : undefined;
    }
    if (node.type === "CatchClause" && isWide)
      found.push({ start: node.start, end: node.end, caught: node.param?.name ?? "", block: node.body.start });
    if (node.type === "BlockStatement") inner.leadsToThrow = isWide && node.body.at(-1)?.type === "ThrowStatement";
    else if (node.type === "IfStatement") {
      const [yes, no] = [refuses(node.consequent, meaning), refuses(node.alternate, meaning)];
      if (yes) disable(operands(node.test, "||"), "false");
      else if (no || accepts(node.consequent, meaning, leadsToThrow)) disable(operands(node.test, "&&"), "true");
      inner.guarded = yes || no;
    } else if (node.type === "ExpressionStatement") {
      const callee = calleeOf(node.expression);
      if (!guarded && alone.has(callee)) skip(node);
      else if (isWide && !(guarded && callee === "fail") && (refusers.has(callee) || /^check[A-Z]/.test(callee))) skip(node);
      if (node.expression.type === "CallExpression") node.expression.isStatement = true;
    } else if (node.type === "CallExpression" && isWide) {
      const callee = calleeOf(node);
      if (callee === "that") disable(operands(node.arguments[0], "&&"), "true");
      else if (passing.has(callee) && node.isStatement !== true) skip(node, source.slice(node.arguments[0].start, node.arguments[0].end));
      if (predicates.has(callee) && node.arguments[0]?.type === "ArrowFunctionExpression") node.arguments[0].isPredicate = true;
    } else if (node.type === "LogicalExpression" && isWide && node.operator === "??" && failing.has(calleeOf(node.right))) {
      skip(node.right, "undefined");
    } else if (node.type === "ReturnStatement") result(node.argument, meaning);
    else if (node.type === "VariableDeclarator") {
      inner.name = node.id.name;
      const isChoice = isWide && node.init?.type === "ConditionalExpression";
      if (isChoice) result(node.init, /fault|bad/i.test(node.id.name) ? "fault" : undefined);
      else if (node.id.name === "fits") result(node.init);
    } else if (node.type === "AssignmentExpression" && isWide && bare(node.right).type === "ConditionalExpression") result(node.right);
    else if (node.type === "Property" || node.type === "MethodDefinition") inner.name = node.key.name;
    if (node.type === "ArrowFunctionExpression" && node.expression) result(node.body, inner.meaning);
    for (const key of Object.keys(node)) if (key !== "type" && key !== "returnType") visit(node[key], inner);
  };
  visit(program, { guarded: false });
  return found.sort((a, b) => a.start - b.start || b.end - a.end);
}

/**
 * Gives the checks of a file, numbered from `first`, with their line and text, and the file's
 * source with a switch around each.
 */
export function withSwitches(file, source, first, isWide) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const seen = new Set();
  const checks = checksOf(program, source, isWide).filter(({ start, end }) => !seen.has(`${start}-${end}`) && seen.add(`${start}-${end}`));
  const inserts = [];
  const listed = checks.map(({ start, end, off, isCall, caught, block }, k) => {
    const id = first + k;
    const text = source.slice(start, end).replace(/\s+/g, " ");
    const check = { id, file, line: source.slice(0, start).split("\n").length, text };
    if (caught !== undefined) {
      if (caught === "") inserts.push({ at: block, order: 0, text: "(caught) " });
      inserts.push({ at: block + 1, order: 0, text: ` globalThis.caught(${id}, ${caught || "caught"}); ` });
      return check;
    }
    // A call that waits for something stands in a function that may wait.
    const waits = /\bawait\b/.test(text) ? ["await ", "async "] : ["", ""];
    const [opens, closes] = !isCall
      ? [`globalThis.value(${id}, ${off}, `, ")"]
      : off === undefined
        ? [`${waits[0]}globalThis.refuse(${id}, ${waits[1]}() => { `, " });"]
        : [`(${waits[0]}globalThis.refuse(${id}, ${waits[1]}() => (`, `), ${off}))`];
    inserts.push({ at: start, order: -end, text: opens }, { at: end, order: -start, closes: true, text: closes });
    return check;
  });
  // At one place, what closes comes before what opens. Of what opens, the wider comes first. Of
  // what closes, the narrower comes first.
  inserts.sort((a, b) => a.at - b.at || Number(b.closes ?? false) - Number(a.closes ?? false) || a.order - b.order);
  let code = "";
  let at = 0;
  for (const insert of inserts) {
    code += source.slice(at, insert.at) + insert.text;
    at = insert.at;
  }
  return { checks: listed, code: code + source.slice(at) };
}
