# The shapes of what is installed and of what sources are built with, which are one (rule 7).
{ lib }:
let
  inherit (import ../shape.nix { inherit lib; })
    atMostOne
    boolean
    exactlyOne
    integer
    listOf
    mapOf
    string
    strings
    table
    word
    ;

  hashes = table {
    rule = 1;
    required.sha256 = string;
  };

  file = table {
    required = {
      name = string;
      url = string;
      size = integer;
      inherit hashes;
    };
  };

  archive = table {
    required = {
      url = string;
      size = integer;
      inherit hashes;
    };
    optional.subdirectory = string;
  };

  vcs = table {
    required = {
      type = word "git";
      url = string;
      commit-id = string;
    };
    optional = {
      requested-revision = string;
      subdirectory = string;
    };
  };

  directory = table {
    required.path = string;
    optional.subdirectory = string;
  };

  build = table {
    required.backend = string;
    optional = {
      backend-path = strings;
      requires = listOf (table {
        required = {
          name = string;
          version = string;
        };
        optional.systems = strings;
      });
    };
  };

  artifact = table {
    required = {
      name = string;
      systems = strings;
    };
    optional = {
      nar-hash = string;
      submodules = boolean;
      attested = boolean;
      modules = strings;
      startup-files = strings;
      console-scripts = strings;
      native = boolean;
      libraries = strings;
      license = string;
      uploaded = string;
      inherit build;
    };
  };

  # Its other keys are those of its kind (PEP 740).
  identity =
    where: value:
    mapOf string where value
    ++ exactlyOne [ "kind" ] where value;

  package =
    where: value:
    packageTable where value
    ++ atMostOne [ "sdist" "archive" "vcs" "directory" ] where value;

  packageTable = table {
    required = {
      name = string;
      version = string;
      tool = table {
        required.plugin-lock = table {
          required.artifacts = listOf artifact;
          optional = {
            provided = strings;
            edge-systems = mapOf strings;
          };
        };
      };
    };
    optional = {
      marker = string;
      requires-python = string;
      index = string;
      dependencies = listOf (table {
        required.name = string;
        optional.version = string;
      });
      wheels = listOf file;
      attestation-identities = listOf identity;
      sdist = file;
      inherit archive directory vcs;
    };
  };
in
{
  inherit
    archive
    directory
    identity
    package
    vcs
    ;
}
