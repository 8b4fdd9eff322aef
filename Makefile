# Two commands: `make run` (everything, from a fresh clone) and `make test`. The work is in provisioning/scripts/.

TASK = sh provisioning/scripts/with-python.sh

.PHONY: help run stop lab test test-faults check format bench lock clean

help:
	@echo "make run          set up, start the platform, execute the quickstart, leave JupyterLab serving"
	@echo "make stop         stop JupyterLab and the platform; the data stays"
	@echo "make lab          JupyterLab in the foreground"
	@echo "make test         install what tests need, check, run the suite"
	@echo "make test-faults  the slow tests that kill processes"
	@echo "make check        format, lint, types, layers, the client's twins, front end"
	@echo "make format       make the client's twins, bring the code into the checked format"
	@echo "make bench        measure and print the figures (ONLY=word chooses)"
	@echo "make lock         resolve the dependencies anew"
	@echo "make clean        remove the environment and what was built; the data stays"

run stop lab test test-faults check format bench lock clean:
	@$(TASK) $@
