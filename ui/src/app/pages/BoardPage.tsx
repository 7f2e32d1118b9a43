import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { Needs } from '../../components/Needs.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Board } from '../../features/deployments/Board.tsx';

/** Home: what is live where, and is it well. */
export function BoardPage() {
  return (
    <>
      <PageHead title="Board" tab="Board">
        <Needs right="deploy_to_development"><Button component={Link} to="/deployments/new" leftSection={<Plus size={15} aria-hidden />}>New deployment</Button></Needs>
      </PageHead>
      <Board />
    </>
  );
}
