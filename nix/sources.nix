# Where the bytes of one artifact come from: a file, a git commit or a folder, each by the hash in the lock.
{
  lib,
  pkgs,
  fetchurl,
  fetchGit,
  # The folder that plugins.lock lies in.
  root,
}:
# `name` and `entry` say whose it is: "notes" and "package notes 0.1".
{
  name,
  entry,
  source,
  narHash ? null,
  submodules ? false,
}:
let
  storeName = import ./store-name.nix;
  urls = import ./urls.nix { inherit lib; };

  file =
    storeFileName:
    fetchurl {
      name = storeName storeFileName;
      inherit (source) url;
      inherit (source.hashes) sha256;
    };

  # An address need not carry the version in its last segment; one that changed never finds the bytes of another.
  addressDigest = builtins.substring 0 12 (builtins.hashString "sha256" source.url);

  # Where only the user's own git can go: with keys, or into a folder that no sandbox sees.
  isPrivate = builtins.match "https?://.*" source.url == null;

  # Nix knows no `git@host:path`.
  gitUrl =
    let
      short = urls.scpLike source.url;
      user = builtins.head short;
    in
    if short == null then
      source.url
    else
      "ssh://${lib.optionalString (user != null) user}${builtins.elemAt short 1}/${builtins.elemAt short 2}";

  gitRequest = {
    url = gitUrl;
    rev = source.commit-id;
    hash = narHash;
    name = "${name}-${source.commit-id}";
    fetchSubmodules = submodules;
  };

  # Nix checks the hash, and takes what is in the store already without asking anybody.  Before 2.20 it leaves out
  # what `export-ignore` names in .gitattributes, and then the hash differs.
  evaluatedGit =
    builtins.addErrorContext
      "while fetching ${source.url} for ${entry}, which has the hash ${narHash} in the lock"
      (builtins.fetchGit (
        {
          url = gitUrl;
          inherit narHash submodules;
          rev = source.commit-id;
          # Commits of any branch or tag.
          allRefs = true;
        }
        // lib.optionalAttrs (builtins.compareVersions builtins.nixVersion "2.20" >= 0) {
          exportIgnore = false;
        }
      )).outPath;

  # The store path that a tree of this name and hash has, whoever brings it there.  Nothing is ever built by it.
  expectedPath =
    builtins.unsafeDiscardStringContext
      (derivation {
        inherit (folder) name;
        system = "none";
        builder = "none";
        outputHashMode = "recursive";
        outputHashAlgo = "sha256";
        outputHash = narHash;
      }).outPath;

  folder = {
    path = root + "/${source.path}";
    name = "${name}-source";
    recursive = true;
  };

  # Without `sha256`: given one, Nix takes an old path of that hash from the store and never looks at the folder.
  copied = builtins.path folder;
in
if source.kind == "wheel" || source.kind == "sdist" then
  file source.fileName
else if source.kind == "archive" then
  file "${name}-${addressDigest}-${source.fileName}"
else if source.kind == "vcs" then
  if fetchGit != null then
    fetchGit gitRequest
  else if isPrivate then
    evaluatedGit
  else
    pkgs.fetchgit gitRequest
else if !builtins.pathExists folder.path then
  throw (
    "plugin-lock: ${entry} is the folder ${source.path} beside plugins.lock, which is not there; "
    + "restore it and add it to git, as a flake sees only files that git knows"
  )
else if builtins.unsafeDiscardStringContext copied != expectedPath then
  throw (
    "plugin-lock: the folder ${source.path} of ${entry} is not what was locked (${narHash}); "
    + "remove what tools left in it, such as __pycache__, add what is new to git, as a flake sees nothing else, "
    + "then run `plugin-lock lock` and commit plugins.lock together with the change"
  )
else
  copied
