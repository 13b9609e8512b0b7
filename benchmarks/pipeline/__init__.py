"""The pipeline as it runs, in processes of its own: workers, the HTTP side, and the services outside as sandboxes."""
