global using System.CommandLine;
global using System.Text.Json;
