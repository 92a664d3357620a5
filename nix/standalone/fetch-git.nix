# `pkgs.fetchgit` as far as this library calls it: the plain checkout of one commit, by its NAR hash, made by the
# distribution's git.
{ makeDerivation }:
{
  name,
  url,
  rev,
  hash,
  fetchSubmodules ? false,
}:
makeDerivation {
  inherit name rev url;
  submodules = if fetchSubmodules then "yes" else "";

  outputHashMode = "recursive";
  outputHashAlgo = "sha256";
  outputHash = hash;

  # What a proxy or a certificate of one's own needs; none of it shapes the result, whose hash is known.
  impureEnvVars = [
    "http_proxy"
    "https_proxy"
    "no_proxy"
    "all_proxy"
    "NIX_SSL_CERT_FILE"
    "NIX_GIT_SSL_CAINFO"
  ];
  preferLocalBuild = true;

  buildCommand = builtins.readFile ./fetch-git.sh;
}
