// Where a protocol's source refuses something, and the same source with every refusal behind a
// switch. A check is one of these:
// - an operand of the condition of an `if` that throws, blames, or returns `fault(…)`, `burn(…)`,
//   `undefined` or `false` (in either branch),
// - an operand of `return a && b` and of `return c ? value : undefined`,
// - a call of `blame`, `differ`, `checkContext` or `end` that stands alone,
// - in packages/trust, an operand of the condition of `that(…)`, and a call of another field check
//   or of a function `check…` that stands alone.
// Switched off, an operand has the value with which nothing is refused, and a call does not happen.
import { parseSync } from "oxc-parser";

/** The calls that refuse, or that fill the list of the refused. */
const refusing = new Set(["blame", "differ", "checkContext", "bad", "end", "fault", "burn"]);
const alone = new Set(["blame", "differ", "checkContext", "end"]);
/** The field checks of packages/trust (fields.ts) that do nothing but refuse. */
const fieldChecks = new Set(
  "ascending bytes bytesOrNone distinct idpk initiatorId members name partyId publicKey threshold word".split(" "),
);

const calleeOf = (node) => (node?.type === "CallExpression" ? (node.callee.property?.name ?? node.callee.name) : undefined);
const isNothing = (node) =>
  (node?.type === "Identifier" && node.name === "undefined") || (node?.type === "Literal" && node.value === false);
const bare = (node) => (node?.type === "ParenthesizedExpression" ? bare(node.expression) : node);

function refuses(node) {
  if (node == null) return false;
  if (node.type === "BlockStatement") return refuses(node.body.at(-1));
  if (node.type === "ThrowStatement") return true;
  if (node.type === "ReturnStatement") return isNothing(node.argument) || refusing.has(calleeOf(node.argument));
  if (node.type !== "ExpressionStatement") return false;
  const call = node.expression;
  if (refusing.has(calleeOf(call))) return true;
  const list = call.callee?.object?.name;
  return (list === "faults" && calleeOf(call) === "set") || (list === "culprits" && calleeOf(call) === "push");
}

/** Whether a call in packages/trust does nothing but refuse. */
function isFieldCheck(call) {
  const name = calleeOf(call);
  if (name === undefined) return false;
  const object = call.callee.object;
  if (object !== undefined) return object.name === "check" && fieldChecks.has(name);
  return fieldChecks.has(name) || /^check[A-Z]/.test(name);
}

function operands(node, operator) {
  const inner = bare(node);
  return inner.type === "LogicalExpression" && inner.operator === operator
    ? [...operands(inner.left, operator), ...operands(inner.right, operator)]
    : [inner];
}

/** Every check of a file: `{ start, end, off }`; `off` is the value of the switched-off expression, `undefined` for a statement. */
function checksOf(program, hasFieldChecks) {
  const found = [];
  const disable = (nodes, off) => {
    for (const { start, end } of nodes) found.push({ start, end, off });
  };
  const result = (node) => {
    const value = bare(node);
    if (value?.type === "ConditionalExpression") {
      if (isNothing(value.alternate)) disable(operands(value.test, "&&"), "true");
      else if (isNothing(value.consequent)) disable(operands(value.test, "||"), "false");
    } else if (value?.type === "LogicalExpression" && value.operator === "&&") {
      const all = operands(value, "&&");
      const last = all.at(-1);
      disable(last.type === "ObjectExpression" || last.type === "Identifier" ? all.slice(0, -1) : all, "true");
    }
  };
  const visit = (node, guarded) => {
    if (Array.isArray(node)) {
      for (const each of node) visit(each, guarded);
      return;
    }
    if (node === null || typeof node !== "object" || typeof node.type !== "string") return;
    let inside = guarded;
    if (node.type === "IfStatement") {
      if (refuses(node.consequent)) disable(operands(node.test, "||"), "false");
      else if (refuses(node.alternate)) disable(operands(node.test, "&&"), "true");
      inside = refuses(node.consequent) || refuses(node.alternate);
    } else if (node.type === "ExpressionStatement") {
      if (!guarded && alone.has(calleeOf(node.expression))) disable([node], undefined);
      else if (hasFieldChecks && isFieldCheck(node.expression)) disable([node], undefined);
    } else if (node.type === "CallExpression" && hasFieldChecks && calleeOf(node) === "that") {
      disable(operands(node.arguments[0], "&&"), "true");
    } else if (node.type === "ReturnStatement") result(node.argument);
    else if (node.type === "ArrowFunctionExpression" && node.expression) result(node.body);
    else if (node.type === "VariableDeclarator" && node.id.name === "fits") result(node.init);
    if (node.type === "FunctionDeclaration" || node.type === "ArrowFunctionExpression") inside = false;
    for (const key of Object.keys(node)) if (key !== "type") visit(node[key], inside);
  };
  visit(program, false);
  return found.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** The checks of a file, numbered from `first`, with their line and text, and its source with a switch around each. */
export function withSwitches(file, source, first, hasFieldChecks) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const seen = new Set();
  const checks = checksOf(program, hasFieldChecks).filter(({ start, end }) => !seen.has(`${start}-${end}`) && seen.add(`${start}-${end}`));
  const inserts = [];
  const listed = checks.map(({ start, end, off }, k) => {
    const id = first + k;
    inserts.push({
      at: start,
      order: -end,
      text: off === undefined ? `globalThis.refuse(${id}, () => { ` : `globalThis.value(${id}, ${off}, `,
    });
    inserts.push({ at: end, order: -start, closes: true, text: off === undefined ? " });" : ")" });
    const text = source.slice(start, end).replace(/\s+/g, " ");
    return { id, file, line: source.slice(0, start).split("\n").length, text };
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
