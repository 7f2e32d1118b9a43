/** Packs files into a .tar.gz in the browser, for the one request that uploads a package. */
export interface PackedFile { path: string; content: Blob }

const BLOCK = 512;
const encoder = new TextEncoder();

export async function packed(files: PackedFile[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  for (const { path, content } of files) {
    parts.push(header(path, content.size), content, new Uint8Array((BLOCK - (content.size % BLOCK)) % BLOCK));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Response(new Blob(parts).stream().pipeThrough(new CompressionStream('gzip'))).blob();
}

/** A ustar header. A path longer than 100 bytes is split at a slash into name and prefix, as the format has it. */
export function header(path: string, size: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const [prefix, name] = split(path);
  const put = (at: number, text: string) => { block.set(encoder.encode(text), at); };
  put(0, name);
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  put(124, `${size.toString(8).padStart(11, '0')}\0`);
  put(136, '00000000000\0');
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\0' + '00');
  put(345, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

function split(path: string): [string, string] {
  const bytes = (text: string) => encoder.encode(text).length;
  if (bytes(path) <= 100) return ['', path];
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    if (bytes(path.slice(slash + 1)) <= 100 && bytes(path.slice(0, slash)) <= 155) return [path.slice(0, slash), path.slice(slash + 1)];
  }
  throw new Error(`The path ${path} is too long to be sent from here. Send the folder with the command line instead.`);
}

const LEFT = new Set(['.git', '__pycache__', '.venv', 'venv', 'node_modules', '.pytest_cache', '.mypy_cache', '.DS_Store']);

/** The files of a chosen folder, without its own name, caches and version control. */
export function filesOfFolder(list: Iterable<File>): PackedFile[] {
  return [...list].flatMap((file) => {
    const segments = (file.webkitRelativePath === '' ? file.name : file.webkitRelativePath).split('/');
    const inner = segments.length > 1 ? segments.slice(1) : segments;
    return inner.some((segment) => LEFT.has(segment)) ? [] : [{ path: inner.join('/'), content: file }];
  }).toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
