/** @file Is this Node new enough? Written so that any Node can read it. */

/** The oldest Node that Ocellus runs on; `engines` in package.json says the same. */
export const oldestNode = '20.20';

/** Whether a dotted version is at least another, part by part; a part that is not there counts as 0. */
export function isAtLeast(version, oldest) {
  const have = version.split('.').map(Number.parseFloat);
  const need = oldest.split('.').map(Number.parseFloat);
  for (let part = 0; part < need.length; part++) {
    const difference = (have[part] || 0) - need[part];
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** What to tell the user about a Node that is too old; undefined when it will do. */
export function nodeProblem(version) {
  if (isAtLeast(version, oldestNode)) return undefined;
  return `Ocellus needs Node ${oldestNode} or newer, but this is Node ${version}.\nInstall a newer Node (https://nodejs.org), then run the command again.`;
}
