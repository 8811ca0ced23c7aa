// Writes the third-party notices of a build: node notices.mjs <project.assets.json> <wwwroot-assets folder> <output file>
// Reads what was restored (NuGet) and installed (npm), so the list cannot differ from what ships.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [, , assetsFile, npmFolder, output] = process.argv;
if (!output) {
  console.error('Usage: node notices.mjs <project.assets.json> <wwwroot-assets folder> <output file>');
  process.exit(2);
}

const licenceFile = folder => readdirSync(folder).find(name => /^(licen[sc]e|copying|notice|third)/i.test(name));
const tag = (xml, name) => xml.match(new RegExp(`<${name}[^>]*>([^<]*)</${name}>`))?.[1].trim();

function nugetPackages() {
  const assets = JSON.parse(readFileSync(assetsFile, 'utf8'));
  const folders = Object.keys(assets.packageFolders);
  // Packages with nothing at run time (analyzers, build tools) do not ship.
  const shipped = new Set(Object.values(assets.targets).flatMap(target => Object.entries(target)
    .filter(([, library]) => library.type === 'package' && (library.runtime || library.runtimeTargets || library.native))
    .map(([key]) => key)));
  return [...shipped].map(key => {
    const [name, version] = key.split('/');
    const folder = folders.map(root => join(root, assets.libraries[key].path)).find(existsSync);
    const nuspec = readFileSync(join(folder, readdirSync(folder).find(file => file.endsWith('.nuspec'))), 'utf8');
    const text = licenceFile(folder);
    return {
      name,
      version,
      licence: tag(nuspec, 'license') ?? tag(nuspec, 'licenseUrl') ?? 'see its project',
      holder: tag(nuspec, 'copyright') ?? tag(nuspec, 'authors') ?? '',
      text: text ? readFileSync(join(folder, text), 'utf8') : '',
    };
  });
}

function npmPackages() {
  const lock = JSON.parse(readFileSync(join(npmFolder, 'package-lock.json'), 'utf8'));
  const direct = Object.keys(lock.packages[''].dependencies ?? {});
  const reached = new Set();
  const visit = name => {
    const entry = lock.packages[`node_modules/${name}`];
    if (entry && !reached.has(name)) {
      reached.add(name);
      Object.keys(entry.dependencies ?? {}).forEach(visit);
    }
  };
  direct.forEach(visit);
  return [...reached].map(name => {
    const folder = join(npmFolder, 'node_modules', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const text = licenceFile(folder);
    return {
      name,
      version: manifest.version,
      licence: manifest.license ?? 'see its project',
      holder: manifest.author?.name ?? manifest.author ?? '',
      text: text ? readFileSync(join(folder, text), 'utf8') : '',
    };
  });
}

const rule = '-'.repeat(80);
const sections = [...nugetPackages(), ...npmPackages()]
  .sort((a, b) => a.name.localeCompare(b.name, 'en'))
  .map(p => `${rule}\n${p.name} ${p.version}\nLicence: ${p.licence}\n${p.holder}\n\n${p.text.replaceAll('\r', '').trim()}`.trim());
writeFileSync(output, `MistralStudio contains these third-party packages.\nThe licences of the starter models are beside them, in models/.\n\n${sections.join('\n\n')}\n`);
console.log(`${sections.length} packages in ${output}`);
