import { useQuery } from '@tanstack/react-query';
import { Code } from '../../components/Code.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { formatBytes, prettyJson } from '../../lib/format.ts';
import { getBlob } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { ModelVersionInfo, VersionFileInfo } from '../../lib/wire.ts';
import { useVersionFile } from './api.ts';

/** Larger files are only offered for download. */
const TEXT_BYTES = 512 * 1024;
const IMAGE_BYTES = 8 * 1024 * 1024;
const TEXT = /(\.(py|pyi|ipynb|ya?ml|toml|txt|md|json|jsonl|cfg|ini|sh|r|sql|csv|tsv|xml|html?|css|js|ts|proto|lock|log)|(^|\/)(MLmodel|Dockerfile|LICENSE|README|requirements[^/]*))$/i;
const IMAGES: Record<string, string> = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp', bmp: 'image/bmp' };

const languageOf = (path: string) => (/\.pyi?$/.test(path) ? 'python' : /\.(json|ipynb)$/.test(path) ? 'json' : 'text');

/** A look into a file: text, JSON or an image, where it is small enough. */
export function FilePreview({ version, file }: { version: ModelVersionInfo; file: VersionFileInfo }) {
  const image = IMAGES[file.path.split('.').at(-1)?.toLowerCase() ?? ''];
  if (image !== undefined && file.size_bytes <= IMAGE_BYTES) return <Picture version={version} file={file} type={image} />;
  if (TEXT.test(file.path) && file.size_bytes <= TEXT_BYTES) return <Text version={version} file={file} />;
  return (
    <div style={{ padding: 14 }}>
      <EmptyState title={image === undefined && !TEXT.test(file.path) ? 'No preview of this kind of file' : 'Too large to be shown'}>{formatBytes(file.size_bytes)}. Download it to look into it.</EmptyState>
    </div>
  );
}

function Text({ version, file }: { version: ModelVersionInfo; file: VersionFileInfo }) {
  const text = useVersionFile(version.model, version.version, file.path);
  return (
    <QueryView query={text} title="The file could not be loaded" loading={<BlockSkeleton height={260} />}>
      {(content) => (content === '' ? <div style={{ padding: 14 }} className="sw-dim">The file is empty.</div>
        : <Code value={/\.json$/i.test(file.path) ? prettyJson(content) : content} language={languageOf(file.path)} label={file.path} maxHeight="560px" />)}
    </QueryView>
  );
}

/** Fetched and shown from memory: the server hands files out as attachments of no type. */
function Picture({ version, file, type }: { version: ModelVersionInfo; file: VersionFileInfo; type: string }) {
  const image = useQuery({
    queryKey: ['files', version.model, version.version, file.path, 'image'],
    queryFn: ({ signal }) => getBlob(paths.versionFile(version.model, version.version, file.path), signal).then((data) => dataUrl(new Blob([data], { type }))),
    staleTime: Infinity, refetchInterval: false,
  });
  return (
    <QueryView query={image} title="The image could not be loaded" loading={<BlockSkeleton height={260} />}>
      {(url) => <div className="sw-picture"><img src={url} alt={file.path} /></div>}
    </QueryView>
  );
}

const dataUrl = (blob: Blob) => new Promise<string>((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => { resolve(reader.result as string); };
  reader.onerror = () => { reject(reader.error ?? new Error('The image could not be read.')); };
  reader.readAsDataURL(blob);
});
