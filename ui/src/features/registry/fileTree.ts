import type { VersionFileInfo } from '../../lib/wire.ts';

/** A folder or file of a version. `path` of a folder ends without a slash; of the root it is ''. */
export interface TreeNode { name: string; path: string; file: VersionFileInfo | null; children: TreeNode[]; sizeBytes: number; files: number }

/** Files as a tree: folders first, then by name. */
export function treeOf(files: VersionFileInfo[]): TreeNode {
  const root: TreeNode = { name: '', path: '', file: null, children: [], sizeBytes: 0, files: 0 };
  for (const file of files) {
    let folder = root;
    const parts = file.path.split('/');
    parts.forEach((name, at) => {
      folder.sizeBytes += file.size_bytes;
      folder.files += 1;
      const path = parts.slice(0, at + 1).join('/');
      let child = folder.children.find((one) => one.path === path);
      if (child === undefined) {
        child = { name, path, file: null, children: [], sizeBytes: 0, files: 0 };
        folder.children.push(child);
      }
      folder = child;
    });
    Object.assign(folder, { file, sizeBytes: file.size_bytes, files: 1 });
  }
  sort(root);
  return root;
}

function sort(node: TreeNode) {
  node.children.sort((a, b) => Number(a.file !== null) - Number(b.file !== null) || a.name.localeCompare(b.name, 'en'));
  node.children.forEach(sort);
}

/** All files below a node. */
export const filesBelow = (node: TreeNode): string[] => (node.file === null ? node.children.flatMap(filesBelow) : [node.path]);

/** The shortest list of files and folders that names exactly the chosen files; [] when all are chosen. */
export function shortest(root: TreeNode, chosen: ReadonlySet<string>): string[] {
  const all = (node: TreeNode) => filesBelow(node).every((path) => chosen.has(path));
  const pick = (node: TreeNode): string[] => (node.file !== null ? (chosen.has(node.path) ? [node.path] : []) : all(node) ? [node.path] : node.children.flatMap(pick));
  return all(root) ? [] : root.children.flatMap(pick);
}
