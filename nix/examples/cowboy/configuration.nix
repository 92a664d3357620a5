# A Cowboy on NixOS.  Imported beside Cowboy's own module, plugin-lock's `nixosModules.default` and its adapter
# `nixosModules.cowboy`.  On a machine without Cowboy, or without agents, the service runs and the rest is left out.
{ ... }:
{
  programs.plugin-lock.hosts.cowboy.lock = ./plugins.lock;

  programs.plugin-lock.cowboy = {
    skills.weather = {
      plugin = "weather-plugin";
      description = "What the weather is and will be";
      prompt = ./prompts/weather.md;
      tags = [ "weather" ];
      # Agents that write Python find the plugin's packages under this name.
      interpreter = "weather-python";
    };

    tools.weather-now = {
      plugin = "weather-plugin";
      description = "The weather at a place";
      # The first word becomes the path of the plugin's program; what is in braces is Cowboy's to fill in.
      command = "weather-now --place {place}";
      schema = {
        type = "object";
        properties.place.type = "string";
        required = [ "place" ];
      };
      sandbox = "strict";
    };

    # chat-plugin has the programs chat-ping, chat-ingest and chat-outbox.
    bridges.chat = {
      plugin = "chat-plugin";
      # Read when the services start; never in the store.
      env = "/run/agenix/chat";
      approval.required = true;
    };

    services.weather-station = {
      plugin = "weather-plugin";
      description = "Weather station";
      command = "weatherd --port 4000";
    };
  };
}
