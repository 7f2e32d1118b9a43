import { Button, FileButton, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { FileUp, FolderOpen, Upload } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { Needs } from '../../components/Needs.tsx';
import { toast } from '../../components/Toasts.tsx';
import { formatBytes, plural } from '../../lib/format.ts';
import { ApiError } from '../../lib/http.ts';
import { filesOfFolder, type PackedFile } from '../../lib/pack.ts';
import { useUploadVersion } from './recordApi.ts';

/** Makes a version of files of this computer, and goes to it. */
export function UploadVersionButton({ model }: { model: string }) {
  const [opened, setOpened] = useState(false);
  const upload = useUploadVersion(model);
  const close = () => { setOpened(false); };
  return (
    <>
      <Needs right="write_registry"><Button variant="default" leftSection={<Upload size={15} aria-hidden />} onClick={() => { upload.reset(); setOpened(true); }}>Upload a version</Button></Needs>
      {/* What is being sent becomes a version whatever becomes of the form, so it stays until that is known. */}
      <GuardedModal opened={opened} onClose={() => { if (!upload.isPending) close(); }} title={`Upload a version of ${model}`} centered>
        {opened ? <Form model={model} upload={upload} onClose={close} /> : null}
      </GuardedModal>
    </>
  );
}

function Form({ model, upload, onClose }: { model: string; upload: ReturnType<typeof useUploadVersion>; onClose: () => void }) {
  const navigate = useNavigate();
  const [files, setFiles] = useState<PackedFile[]>([]);
  const [label, setLabel] = useState('');
  const [description, setDescription] = useState('');
  const refusal = upload.error instanceof ApiError ? upload.error : null;
  const labelError = refusal?.field('label') ?? (refusal?.code === 'label_taken' ? refusal.problem.detail : undefined);
  const submit = () => {
    upload.mutate({ files, label: label.trim() === '' ? null : label.trim(), description: description.trim() === '' ? null : description.trim() }, {
      onSuccess: (made) => {
        toast(`${made.model} v${made.version} is registered.`);
        onClose();
        void navigate({ to: '/models/$model/$version', params: { model: made.model, version: String(made.version) } });
      },
    });
  };
  const bytes = files.reduce((total, file) => total + file.content.size, 0);
  const only = files.length === 1 ? files[0]?.path : undefined;
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="md">
        <div role="group" aria-label="What becomes the version">
          <Group gap="xs">
            <FileButton multiple inputProps={{ 'aria-label': 'Files' }} onChange={(chosen) => { setFiles(filesOfFolder(chosen)); }}>
              {(props) => <Button {...props} variant="default" leftSection={<FileUp size={15} aria-hidden />}>Choose files</Button>}
            </FileButton>
            <FileButton multiple inputProps={{ 'aria-label': 'Folder', ...{ webkitdirectory: '' } }} onChange={(chosen) => { setFiles(filesOfFolder(chosen)); }}>
              {(props) => <Button {...props} variant="default" leftSection={<FolderOpen size={15} aria-hidden />}>Choose a folder</Button>}
            </FileButton>
            <span aria-live="polite">{files.length === 0 ? '' : `${only ?? plural(files.length, 'file')}, ${formatBytes(bytes)}`}</span>
          </Group>
          <div className="sw-dim" style={{ fontSize: 13, marginTop: 6 }}>
            A package with its config.yaml, an MLflow model, or one file: model.onnx, model.joblib, model.py with predict. It is packed here first; what is many GB goes better by <code className="sw-mono">slipway versions create {model} PATH</code>.
          </div>
        </div>
        <Textarea label="Description" description="What is new in it." autosize minRows={2} maxLength={5000} value={description} onChange={(event) => { setDescription(event.currentTarget.value); }} />
        <TextInput label="Label" description="Optional second name of the version, such as v2.1.0." value={label} error={labelError} spellCheck={false} onChange={(event) => { setLabel(event.currentTarget.value); }} />
        {upload.error === null || labelError !== undefined ? null : <ErrorState error={upload.error} title="The version was not registered" />}
        <Group justify="flex-end" gap="xs"><Button variant="default" disabled={upload.isPending} onClick={onClose}>Cancel</Button><Button type="submit" loading={upload.isPending} disabled={files.length === 0}>Upload</Button></Group>
      </Stack>
    </form>
  );
}
