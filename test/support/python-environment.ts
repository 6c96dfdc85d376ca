import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from './kafka-jars.ts'
import { runProgram } from './program.ts'

/**
 * A Python interpreter with the packages of a requirements file, in an environment of its own that is kept between runs.
 * @returns its path
 * @throws Error if there is no python3 with venv and pip, or the packages cannot be had
 */
export async function pythonWith(requirements: string): Promise<string> {
  const text = await readFile(requirements, 'utf8')
  const folder = join(cacheFolder, `python-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`)
  if (await works(folder)) return interpreter(folder)
  await mkdir(cacheFolder, { recursive: true })
  const work = await mkdtemp(`${folder}.part-`)
  try {
    await runProgram('python3', ['-m', 'venv', work])
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:']
    await runProgram(interpreter(work), [...install, '-r', requirements])
    // What is there does not work: the Python that it was made of may be gone.
    await rm(folder, { recursive: true, force: true })
    await rename(work, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return interpreter(folder)
}

function interpreter(folder: string): string {
  return join(folder, 'bin', 'python')
}

async function works(folder: string): Promise<boolean> {
  return runProgram(interpreter(folder), ['-c', 'import kafka']).then(
    () => true,
    () => false,
  )
}
