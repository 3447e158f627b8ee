const rank = ["none", "patch", "minor", "major"];

/**
 * What the changesets leave out: a package that changed and is in none of them, and a package whose
 * dependency breaks while it has no minor changeset of its own. The latter holds because types of the
 * dependency are part of its own (core's are re-exported), so its users have to change something too.
 *
 * @param {{ name: string, version: string, dependencies: string[], changed: boolean }[]} packages those
 * that are published; `changed` since their last release
 * @param {{ id: string, releases: { name: string, type: string }[] }[]} changesets
 * @returns {string[]} one sentence per problem
 */
export function changesetProblems(packages, changesets) {
  const bumps = new Map();
  for (const { name, type } of changesets.flatMap(({ releases }) => releases)) {
    if (!bumps.has(name) || isBelow(bumps.get(name), type)) bumps.set(name, type);
  }
  const missing = packages
    .filter(({ name, changed }) => changed && !bumps.has(name))
    .map(({ name }) => `${name} differs from its last release: add a changeset for it.`);
  const unsaid = packages.flatMap((broken) =>
    isBreaking(broken.version, bumps.get(broken.name))
      ? packages
          .filter(({ dependencies }) => dependencies.includes(broken.name))
          .filter(({ name }) => isBelow(bumps.get(name) ?? "none", "minor"))
          .map(
            ({ name }) =>
              `A ${bumps.get(broken.name)} changeset breaks ${broken.name} ${broken.version}, which ${name} depends on: add a minor changeset for ${name}.`,
          )
      : [],
  );
  return [...missing, ...unsaid];
}

function isBelow(one, other) {
  return rank.indexOf(one) < rank.indexOf(other);
}

/** Before 1.0 a minor release is allowed to break. */
function isBreaking(version, bump) {
  return bump === "major" || (bump === "minor" && version.startsWith("0."));
}
